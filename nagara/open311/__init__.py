"""GeoReport v2 (Open311): requests and services in the standard's own words."""
