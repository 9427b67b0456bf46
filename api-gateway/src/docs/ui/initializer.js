// A file of its own, because the page's policy allows no inline script.
globalThis.addEventListener('load', () => {
  globalThis.ui = globalThis.SwaggerUIBundle({
    url: '/openapi.json',
    dom_id: '#swagger-ui',
    deepLinking: true,
    displayRequestDuration: true,
    validatorUrl: null,
  });
});
