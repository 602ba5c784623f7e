chmod 600 lower/settings
