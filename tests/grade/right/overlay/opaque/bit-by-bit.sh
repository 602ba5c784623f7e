rm merged/cache/old; rmdir merged/cache
mkdir -m 700 merged/cache; chmod 755 merged/cache
