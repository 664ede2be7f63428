"""Other FHIR servers, started beside ours to be measured with the same work."""
