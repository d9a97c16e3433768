"""What people ask of us in comments: from an event to a request that may be carried out, or to the reason why not."""
