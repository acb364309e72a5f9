"""Clients, patients and medical records that sister clinics see and change together (RS4, RS5)."""
