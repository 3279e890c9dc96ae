"""A third engine, written from docs/semantics.md and docs/checkpoint-format.md
alone: nothing of it is taken from the sources of the library. Slow and plain;
it exists to show that the documents are enough."""
