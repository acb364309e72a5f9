"""The client of ezyVet's API for an external pharmacy (RX): no database, no workflow engine."""
