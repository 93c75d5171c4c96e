"""A store in an object store: whole artefacts there, and on every machine a folder that holds what is worked with."""
