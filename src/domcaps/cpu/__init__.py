"""CPU models and features: data, decoding, baseline, comparison."""
