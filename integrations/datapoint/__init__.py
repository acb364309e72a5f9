"""All that is DataPoint's besides its playbooks, its wire format (`partners.datapoint`) and its words."""
