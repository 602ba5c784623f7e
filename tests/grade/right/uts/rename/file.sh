cat >/tmp/name <<END
bird
END
hostname --file /tmp/name
