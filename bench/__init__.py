"""What a login costs: the real server, real databases, real keys, on this machine and nowhere else.

`python -m bench` prints tables and goals and writes `build/bench.json`; `--quick` takes less than a minute.
"""
