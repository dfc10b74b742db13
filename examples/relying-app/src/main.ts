import { startRelyingApp } from './server.ts';

/**
 * A relying app in one command:
 * `PORT=4001 CLIENT_ID=thu-vien-so CLIENT_SECRET=… ISSUER=http://localhost:8080 APP_NAME='Thư viện số' node src/main.ts`
 */
function variable(name: string, fallback?: string): string {
  const value = process.env[name] ?? fallback;
  if (value) return value;
  console.error(`Thiếu biến môi trường ${name}. / The environment variable ${name} is missing.`);
  process.exit(2);
}

const app = await startRelyingApp({
  port: Number(variable('PORT', '4001')),
  clientId: variable('CLIENT_ID'),
  clientSecret: variable('CLIENT_SECRET'),
  issuer: variable('ISSUER', 'http://localhost:8080'),
  name: variable('APP_NAME', 'Ứng dụng mẫu'),
});
console.log(`${app.name}: ${app.origin}`);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void app.close());
