name=bird
if [ "$(hostname)" != "$name" ]; then
	hostname "$name"
fi
