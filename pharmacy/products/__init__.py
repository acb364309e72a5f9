"""The pharmacy's catalogue of products (RX11)."""
