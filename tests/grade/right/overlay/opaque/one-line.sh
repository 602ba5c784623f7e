cd merged; rm -rf cache && mkdir -p cache && ls -la cache
