"""What `hack/secbench` does: what an attacker faces under vmrun and its peers."""
