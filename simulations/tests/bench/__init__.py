"""Benchmarks: programs anyone can run (`make bench`), never timed tests. They print what they measured."""
