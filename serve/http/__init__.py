"""The service: what it takes and answers, who does the work, and what it tells of itself."""
