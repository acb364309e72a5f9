"""Clients of outside systems: mail servers, integrations and the calendar of holidays; and simulators of them."""
