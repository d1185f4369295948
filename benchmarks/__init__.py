"""What the pages quote: time, quality of predictions, and what each part of the method is worth.

Each module is a command: ``python -m benchmarks`` lists them. `lib` has what they share, such as
tables and candidates. `results` has the runs that the pages quote: ``python -m benchmarks
accuracy`` has written those of ``accuracy.jsonl``, and ``python -m benchmarks fresh`` those of
``fresh.jsonl``. With ``--stored``, both print them. New runs go into files in ``.cache``;
``fresh --store`` puts them into that of the repository, too.
"""
