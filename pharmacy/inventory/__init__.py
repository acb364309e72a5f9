"""What each clinic has of its items; sister clinics do not share it (RS6)."""
