"""What joins ezyVet's client with the database: sites and their credentials, tokens, and ezyVet's limits."""
