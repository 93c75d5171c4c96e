"""From a study to the steps of its run graph, and from their artefacts to results."""
