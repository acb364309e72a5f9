"""The authorisation of record sharing: requests on record, who may ask and confirm, and what follows for the pairs."""
