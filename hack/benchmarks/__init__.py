"""What `hack/bench` is made of: pure parts (summary, phases, units, report, plot), measurements, and the runtimes."""
