mount --bind upper merged
