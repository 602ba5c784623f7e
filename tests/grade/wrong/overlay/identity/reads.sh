cat merged/settings
