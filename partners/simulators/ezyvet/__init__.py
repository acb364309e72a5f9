"""A simulator of ezyVet's API for an external pharmacy, strict where ezyVet is silent."""
