cp merged/settings settings; rm merged/settings; mv settings merged/settings; chmod 600 merged/settings
