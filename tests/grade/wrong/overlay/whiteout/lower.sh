rm lower/doomed
