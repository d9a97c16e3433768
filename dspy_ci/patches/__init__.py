"""Changes that might mend a failure: fixers, templates, the applier and the policy."""
