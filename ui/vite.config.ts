import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// `npm run dev` shows the screen beside a running board: calls go to its gate.
const target = process.env.MAGFLOCK_URL ?? 'http://127.0.0.1:8000'
// The board compares the page's origin with the host that is asked: it stays as the browser says it.
const board = { target, changeOrigin: false }

export default defineConfig({
  plugins: [react()],
  server: { port: 5173, proxy: { '/admin': board, '/rest': board, '/readyz': board, '/auth': board } },
  build: {
    target: 'es2022',
    // Nothing inline: the page's policy would refuse it.
    assetsInlineLimit: 0,
    cssCodeSplit: true,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
})
