"""Clients of outside systems: mail servers, DataPoint, and the calendar of holidays; and simulators of them."""
