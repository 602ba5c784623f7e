ls -li lower/settings merged/settings
chmod u=rw,go= "$workspace/merged/settings"
ls -li lower/settings upper/settings merged/settings
