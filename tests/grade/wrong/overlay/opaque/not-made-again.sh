rm -r merged/cache
