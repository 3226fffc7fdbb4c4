"""The Confluence half of the cloud: the site's truth, and the routes that show it."""
