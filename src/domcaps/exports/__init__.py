"""What schedulers and monitors are fed with, made of a document: labels, traits, flags, metrics."""
