"""One folder per thing a person does with a patient."""
