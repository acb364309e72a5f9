"""The texts that people read: mails and pages, and how they are rendered."""
