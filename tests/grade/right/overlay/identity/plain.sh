chmod 600 merged/settings
