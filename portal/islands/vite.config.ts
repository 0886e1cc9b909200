// Builds the islands into ../static, under names that change with their content, with the manifest that the portal reads.
import { defineConfig } from "vitest/config";

export default defineConfig({
  base: "/assets/",
  publicDir: false,
  build: {
    outDir: "../static",
    emptyOutDir: true,
    assetsDir: "",
    manifest: "manifest.json",
    modulePreload: false,
    assetsInlineLimit: 0,
    target: "es2022",
    reportCompressedSize: false,
    rollupOptions: { input: { main: "main.ts" } },
  },
  worker: { format: "es" },
  test: { include: ["tests/*.test.ts"], environment: "node" },
});
