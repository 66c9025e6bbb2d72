"""The declarative kind: a system asked over HTTP as its description says, without programming."""
