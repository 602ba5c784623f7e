unlink merged/doomed
