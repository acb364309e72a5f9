"""What the people of clinics have to do (RS9). `repeat.py` and `rules.py` are pure; nothing else writes the tables."""
