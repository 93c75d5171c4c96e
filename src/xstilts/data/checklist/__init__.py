"""Templates of MultiCheckList: tests of single capabilities of a question answerer, in 50 languages."""
