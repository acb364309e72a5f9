"""The page behind each item's link in ezyVet, `/rx/{token}` (RX5): what it shows is in docs/decisions."""
