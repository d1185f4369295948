"""What benchmarks share: tables, candidates, runs, and how time and quality are measured."""
