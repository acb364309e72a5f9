"""Everything about DataPoint besides its playbooks, its wire format (`partners.datapoint`) and its texts."""
