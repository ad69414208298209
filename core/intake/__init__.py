"""The edge where a requester's files become values: untrusted bytes in, a validated JobUpload or one BadUpload out."""
