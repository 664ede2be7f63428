"""The face of those who work: my day, search, the chart, the inbox, cooperation, access."""
