"""The pharmacy's side: its settings, its database and the rules that keep it right."""
