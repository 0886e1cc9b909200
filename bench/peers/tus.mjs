// @tus/server as it comes, with its S3 store on the bench's own object store, or with its files on disk.
import { FileStore } from "@tus/file-store";
import { S3Store } from "@tus/s3-store";
import { Server } from "@tus/server";

const { TUS_PORT, TUS_FOLDER, S3_ENDPOINT, S3_REGION, S3_BUCKET, S3_ACCESS_KEY, S3_SECRET_KEY } = process.env;

const inTheStore = () =>
  new S3Store({
    partSize: 8 * 1024 * 1024,
    s3ClientConfig: {
      bucket: S3_BUCKET,
      region: S3_REGION,
      endpoint: S3_ENDPOINT,
      forcePathStyle: true,
      credentials: { accessKeyId: S3_ACCESS_KEY, secretAccessKey: S3_SECRET_KEY },
      requestChecksumCalculation: "WHEN_REQUIRED", // this store does not know the trailing ones
      responseChecksumValidation: "WHEN_REQUIRED",
    },
  });

const datastore = S3_ENDPOINT ? inTheStore() : new FileStore({ directory: TUS_FOLDER });
new Server({ path: "/files", datastore }).listen({ host: "127.0.0.1", port: Number(TUS_PORT) });
