rm -r merged/cache
mkdir merged/cache
